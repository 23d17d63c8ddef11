// One message as a bubble: one's own on the right, others' on the left.
import { html, Safe } from "../html.js";
import { MenuButton } from "../parts/menu.js";
import { clock } from "../parts/time.js";
import { useFocusOnLeave } from "./focus.js";
import { Keyboard } from "./keyboard.js";

export const Message = (props) =>
  props.message.service ? html`<p class="tg-service">${props.message.service}</p>` : html`<${Bubble} ...${props} />`;

function Bubble({ message, chat, act, tell, presses, go, setAim }) {
  const article = useFocusOnLeave();
  const side = message.mine ? "mine" : "theirs";
  const author = message.mine ? "You" : message.author;
  return html`
    <article class=${`tg-message ${side}`} aria-label=${`${author}, ${clock(message.time)}`} aria-busy=${message.busy ? "true" : null}
      ref=${article} data-message=${message.id}>
      <div class="tg-row">
        <div class="tg-bubble">
          ${message.topic && html`<button type="button" class="tg-of-topic" onClick=${() => go(chat.id, message.topic.id)}>${message.topic.name}</button>`}
          ${!chat.private && !message.mine && html`<p class=${`tg-author colour-${message.colour}`}>${message.author}</p>`}
          ${message.reply && html`<${Quote} reply=${message.reply} />`}
          ${message.attachment && html`<${Attachment} attachment=${message.attachment} />`}
          ${message.html && html`<${Safe} class="tg-text" html=${message.html} />`}
          ${message.reactions && html`<p class="tg-reactions">${message.reactions.map((emoji) => html`<span key=${emoji}>${emoji}</span>`)}</p>`}
          <p class="tg-meta">
            ${message.pinned && html`<span>pinned</span>`}
            ${message.edited && html`<span>edited</span>`}
            <time>${clock(message.time)}</time>
          </p>
        </div>
        <${MenuButton} label="Message actions" items=${actions(message, chat, act, tell, setAim)} className="tg-message-menu" />
      </div>
      ${message.rows && html`<${Keyboard} message=${message} presses=${presses} />`}
    </article>`;
}

function actions(message, chat, act, tell, setAim) {
  const remove = () => tell(act("telegram.delete", { chat: chat.id, message: message.id }));
  return [
    { label: "Reply", choose: () => setAim({ kind: "reply", message }) },
    message.text && { label: "Edit", choose: () => setAim({ kind: "edit", message }) },
    message.deletable && { label: "Delete", danger: true, choose: remove },
  ].filter(Boolean);
}

function Quote({ reply }) {
  const show = ({ currentTarget }) =>
    currentTarget.closest("[role=log]").querySelector(`[data-message="${reply.id}"]`)?.scrollIntoView({ block: "center" });
  return html`
    <button type="button" class="tg-quote" aria-label=${`In reply to ${reply.author || "a deleted message"}: ${reply.line}`} onClick=${show}>
      <b>${reply.author}</b><span>${reply.line}</span>
    </button>`;
}

const Attachment = ({ attachment: { kind, about } }) => html`
  <p class="tg-attachment"><b>${kind}</b>${about && html`<span>${about}</span>`}</p>`;
