// The list of chats, each with its last line.
import { html } from "../html.js";
import { clock } from "../parts/time.js";

export const Chats = ({ chats, open, go }) => html`
  <nav class="tg-chats" aria-label="Telegram chats">
    <ul>
      ${chats.map(
        ({ id, name, line, time }) => html`
          <li key=${id}>
            <button type="button" aria-label=${name} aria-current=${id === open ? "true" : null} onClick=${() => go(id)}>
              <span class=${`tg-avatar of-${id}`} aria-hidden="true">${name[0]}</span>
              <span class="tg-entry">
                <b>${name}</b>
                <span class="tg-line">${line || "No messages yet"}</span>${time && html`<time>${clock(time)}</time>`}
              </span>
            </button>
          </li>`,
      )}
    </ul>
  </nav>`;
