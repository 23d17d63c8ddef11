// The inline buttons under a message. A pressed one spins until the bot answers, fifteen seconds at most.
import { useState } from "preact/hooks";
import { html } from "../html.js";
import { Dialog } from "../parts/dialog.js";

export function Keyboard({ message, chat, act, tell, say }) {
  const [spinning, setSpinning] = useState(null);
  const [alert, setAlert] = useState("");
  const press = (data) => {
    if (spinning !== null) return;
    setSpinning(data);
    const answered = act("telegram.press", { chat: chat.id, message: message.id, data }).then((toast) => {
      if (toast?.alert) setAlert(toast.text);
      else if (toast?.text) say(toast.text);
    });
    tell(answered).finally(() => setSpinning(null));
  };
  return html`
    <div class="tg-keyboard" role="group" aria-label="Buttons">
      ${message.rows.map(
        (row, index) => html`
          <div class="tg-keys" key=${index}>
            ${row.map((key, place) => html`<${Key} key=${place} button=${key} spins=${key.data !== undefined && key.data === spinning} press=${press} />`)}
          </div>`,
      )}
      ${alert && html`<${Dialog} title=${chat.name} onClose=${() => setAlert("")}>
        <p>${alert}</p>
        <button type="button" class="tg-primary" onClick=${() => setAlert("")}>OK</button>
      <//>`}
    </div>`;
}

function Key({ button, spins, press }) {
  const look = `tg-key ${button.style ?? ""}`;
  if (button.url) {
    return html`<a class=${look} href=${button.url} target="_blank" rel="noopener noreferrer nofollow">${button.label}<span aria-hidden="true"> ↗</span></a>`;
  }
  return html`
    <button type="button" class=${look} disabled=${button.data === undefined} aria-busy=${spins ? "true" : null} onClick=${() => press(button.data)}>
      ${button.label}${spins && html`<span class="tg-spinner" aria-hidden="true"></span>`}
    </button>`;
}
