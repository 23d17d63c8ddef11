// A text that the bot is writing, before it is a message.
import { html, Safe } from "../html.js";

export function Draft({ draft, chat, act, tell }) {
  const stop = () => tell(act("telegram.stop", { chat: chat.id, thread: draft.thread }));
  return html`
    <article class="tg-message theirs tg-draft" aria-busy="true" aria-label="Threadline is writing">
      <div class="tg-bubble">
        ${draft.html ? html`<${Safe} class="tg-text" html=${draft.html} />` : html`<p class="tg-text">Thinking…</p>`}
        <p class="tg-meta"><span class="tg-dots" aria-hidden="true"><i></i><i></i><i></i></span></p>
      </div>
      ${draft.stop && html`<div class="tg-keys"><button type="button" class="tg-key" onClick=${stop}>Stop</button></div>`}
    </article>`;
}
