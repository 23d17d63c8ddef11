// The modal that the app has opened: its blocks, its fields, and what the app says of them.
import { useState } from "preact/hooks";
import { html } from "../html.js";
import { Dialog } from "../parts/dialog.js";
import { Parts } from "./blocks.js";
import { useBusy } from "./busy.js";

export function Modal({ slack, view }) {
  const { act, tell } = slack;
  const [values, setValues] = useState({});
  const [errors, setErrors] = useState({});
  const [busy, run] = useBusy();
  const change = (block, value) => {
    setValues((before) => ({ ...before, [block]: value }));
    setErrors(({ [block]: _, ...rest }) => rest);
  };
  const close = () => tell(act("slack.close_view", { view: view.id }));
  const submit = (event) => {
    event.preventDefault();
    if (busy) return;
    run(tell(act("slack.submit", { view: view.id, values }).then((answer) => setErrors(answer.errors))));
  };
  const press = (action, value) => act("slack.press_in_view", { view: view.id, action, value });
  return html`
    <${Dialog} title=${view.title} onClose=${close} className="slack-dialog">
      <form class="slack-form" onSubmit=${submit} noValidate>
        <${Parts} parts=${view.parts} press=${press} slack=${slack} form=${{ values, change, errors }} />
        <div class="slack-row end">
          <button type="button" class="slack-button" onClick=${close}>${view.close}</button>
          ${view.submit && html`
            <button type="submit" class=${`slack-button primary ${busy ? "busy" : ""}`} aria-busy=${busy} disabled=${view.frozen}>${view.submit}</button>`}
        </div>
      </form>
    <//>`;
}
