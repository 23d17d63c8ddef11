// The inline buttons under a message.
import { html } from "../html.js";
import { useFocusOnLeave } from "./focus.js";

export function Keyboard({ message, presses }) {
  const group = useFocusOnLeave();
  return html`
    <div class="tg-keyboard" role="group" aria-label="Buttons" ref=${group}>
      ${message.rows.map(
        (row, index) => html`
          <div class="tg-keys" key=${index}>
            ${row.map((button, place) => html`
              <${Key} key=${place} button=${button} press=${() => presses.press(message.id, button.data)}
                spins=${button.data !== undefined && presses.spinning === `${message.id} ${button.data}`} />`)}
          </div>`,
      )}
    </div>`;
}

function Key({ button, spins, press }) {
  const look = `tg-key ${button.style ?? ""}`;
  if (button.url) {
    return html`<a class=${look} href=${button.url} target="_blank" rel="noopener noreferrer nofollow">${button.label}<span aria-hidden="true"> ↗</span></a>`;
  }
  return html`
    <button type="button" class=${look} disabled=${button.data === undefined} aria-busy=${spins ? "true" : null} onClick=${press}>
      ${button.label}${spins && html`<span class="tg-spinner" aria-hidden="true"></span>`}
    </button>`;
}
