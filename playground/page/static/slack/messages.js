// A list of messages that stays at its end while it grows.
import { html } from "../html.js";
import { useStickToEnd } from "../parts/scroll.js";
import { Message } from "./message.js";

const APART = 300;

// A message of the same author soon after another one needs no second name, unless something stands between.
const follows = (message, before) =>
  before && !message.system && !before.system && before.author === message.author &&
  !message.ephemeral === !before.ephemeral && !before.replies && message.time - before.time < APART;

// A menu near the end of the list opens upwards, or it would be cut off.
const openUpwards = (event) => {
  const menu = event.target.closest(".menu");
  if (!menu) return;
  const list = event.currentTarget.getBoundingClientRect();
  const { top, bottom } = menu.getBoundingClientRect();
  menu.classList.toggle("up", list.bottom - bottom < 260 && top - list.top > list.bottom - bottom);
};

export function Messages({ slack, label, messages, place, thread = null, children }) {
  const { ref, onScroll } = useStickToEnd(place);
  return html`
    <div class="slack-messages" role="log" aria-label=${label} tabindex="0" ref=${ref} onScroll=${onScroll}
      onClickCapture=${openUpwards}>
      ${children}
      ${messages.map((message, index) => html`
        <${Message} key=${message.ts} slack=${slack} message=${message} thread=${thread}
          short=${follows(message, messages[index - 1])} />`)}
    </div>`;
}
