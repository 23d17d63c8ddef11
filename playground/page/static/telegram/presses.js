// Presses of buttons: one that waits spins until the bot answers, fifteen seconds at most.
import { useState } from "preact/hooks";
import { html } from "../html.js";
import { Dialog } from "../parts/dialog.js";

// Gives press(message, data), which button spins ("message data"), and the alert to show or nothing.
export function usePresses(chat, act, tell, say) {
  const [spinning, setSpinning] = useState(null);
  const [alert, setAlert] = useState("");
  const press = (message, data) => {
    if (spinning !== null) return;
    setSpinning(`${message} ${data}`);
    const answered = act("telegram.press", { chat: chat.id, message, data }).then((toast) => {
      if (toast?.alert) setAlert(toast.text);
      else if (toast?.text) say(toast.text);
    });
    tell(answered).finally(() => setSpinning(null));
  };
  return { press, spinning, alert: alert && html`<${Alert} title=${chat.name} text=${alert} close=${() => setAlert("")} />` };
}

const Alert = ({ title, text, close }) => html`
  <${Dialog} title=${title} onClose=${close}>
    <p class="tg-alert">${text}</p>
    <button type="button" class="tg-primary" onClick=${close}>OK</button>
  <//>`;
