// A list of messages that stays at its end while it grows.
import { html } from "../html.js";
import { useStickToEnd } from "../parts/scroll.js";
import { Message } from "./message.js";

const APART = 300;

// A message of the same author soon after another one needs no second name, unless something stands between.
const follows = (message, before) =>
  before && !message.system && !before.system && before.author === message.author &&
  !message.ephemeral === !before.ephemeral && !before.replies && message.time - before.time < APART;

export function Messages({ slack, label, messages, place, thread = null, children }) {
  const { ref, onScroll } = useStickToEnd(place);
  return html`
    <div class="slack-messages" role="log" aria-label=${label} tabindex="0" ref=${ref} onScroll=${onScroll}>
      ${children}
      ${messages.map((message, index) => html`
        <${Message} key=${message.ts} slack=${slack} message=${message} thread=${thread}
          short=${follows(message, messages[index - 1])} />`)}
    </div>`;
}
