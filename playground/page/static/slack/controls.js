// What can be done with a message; shown when the pointer or the focus is on it, and always on touch.
import { useRef, useState } from "preact/hooks";
import { html } from "../html.js";
import { MenuButton } from "../parts/menu.js";
import { Confirm } from "./confirm.js";

const SURE = { title: "Delete message", html: "Are you sure you want to delete this message? This cannot be undone.", yes: "Delete", no: "Cancel", danger: true };

export function Controls({ slack, message, thread, edit }) {
  const [deleting, setDeleting] = useState(false);
  const controls = useRef(null);
  const { data, act, tell, open } = slack;
  const place = { channel: data.place.id, ts: message.ts };
  const remove = () => {
    const list = controls.current.closest("[role=log]");
    setDeleting(false);
    tell(act("slack.delete", place).then(() => list.focus()));
  };
  const reply = () => open(data.place.id, "messages", message.ts);
  const items = [];
  if (thread === null && !message.ephemeral) items.push({ label: "Reply in thread", choose: reply });
  if (message.typed) items.push({ label: "Edit message", choose: edit });
  if (!message.ephemeral && !message.deleted) {
    for (const { kind, name, note, callback } of data.shortcuts) {
      if (kind !== "message") continue;
      const choose = () => tell(act("slack.message_shortcut", { ...place, callback }));
      items.push({ label: name, hint: note, choose });
    }
  }
  if (message.mine) items.push({ label: "Delete message", danger: true, choose: () => setDeleting(true) });
  if (!items.length) return null;
  return html`
    <div class="slack-controls" ref=${controls}>
      ${thread === null && !message.ephemeral && html`
        <button type="button" aria-label="Reply in thread" title="Reply in thread" onClick=${reply}>↩</button>`}
      <${MenuButton} label="Message actions" items=${items} />
    </div>
    ${deleting && html`<${Confirm} asked=${SURE} yes=${remove} no=${() => setDeleting(false)} />`}`;
}
