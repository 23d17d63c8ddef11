// A question before something is done.
import { html, Safe } from "../html.js";
import { Dialog } from "../parts/dialog.js";

export const Confirm = ({ asked, yes, no }) => html`
  <${Dialog} title=${asked.title} onClose=${no} className="slack-dialog">
    <${Safe} class="slack-text" html=${asked.html} />
    <div class="slack-row end">
      <button type="button" class="slack-button" onClick=${no}>${asked.no}</button>
      <button type="button" class=${`slack-button ${asked.danger ? "danger" : "primary"}`} onClick=${yes}>${asked.yes}</button>
    </div>
  <//>`;
