// The topics of a chat: one after the other above the messages, and what can be done with the open one.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { html } from "../html.js";
import { Dialog } from "../parts/dialog.js";
import { MenuButton } from "../parts/menu.js";

export function Topics({ chat, act, tell, go }) {
  const [asking, setAsking] = useState(null);
  const nav = useRef(null);
  useLayoutEffect(() => {
    const tab = nav.current.querySelector("[aria-current]");
    const hidden = tab ? tab.getBoundingClientRect().right - nav.current.getBoundingClientRect().right : 0;
    if (hidden > 0) nav.current.scrollLeft += hidden;
  }, [chat.thread, chat.topics.length]);
  const open = chat.topics.find(({ id }) => id === chat.thread);
  const create = (name) => act("telegram.create_topic", { chat: chat.id, name }).then(({ thread }) => go(chat.id, thread));
  const rename = (name) => act("telegram.rename_topic", { chat: chat.id, thread: open.id, name });
  const remove = () => tell(act("telegram.delete_topic", { chat: chat.id, thread: open.id }));
  const tab = (id, name) => html`
    <li key=${id}>
      <button type="button" aria-current=${id === chat.thread ? "true" : null} onClick=${() => go(chat.id, id)}>${name}</button>
    </li>`;
  return html`
    <div class="tg-topics">
      <nav aria-label="Topics" ref=${nav}><ul>${tab(null, "All")}${chat.topics.map(({ id, name }) => tab(id, name))}</ul></nav>
      <button type="button" class="tg-new-topic" onClick=${() => setAsking("new")}>New topic</button>
      ${open &&
      html`<${MenuButton} label="Topic actions" items=${[
        { label: "Rename topic", choose: () => setAsking("rename") },
        { label: "Delete topic", danger: true, hint: "With all its messages", choose: remove },
      ]} />`}
      ${asking === "new" && html`<${NameDialog} title="New topic" name="" submit="Create" save=${create} close=${() => setAsking(null)} />`}
      ${asking === "rename" && open &&
      html`<${NameDialog} title="Rename topic" name=${open.name} submit="Save" save=${rename} close=${() => setAsking(null)} />`}
    </div>`;
}

function NameDialog({ title, name, submit, save, close }) {
  const [error, setError] = useState("");
  const send = (event) => {
    event.preventDefault();
    save(new FormData(event.currentTarget).get("name")).then(close, (refusal) => setError(refusal.message));
  };
  return html`
    <${Dialog} title=${title} onClose=${close}>
      <form class="tg-form" onSubmit=${send}>
        <label>Name <input name="name" required maxlength="128" autocomplete="off" defaultValue=${name} /></label>
        ${error && html`<p role="alert" class="danger">${error}</p>`}
        <div class="tg-form-end">
          <button type="button" onClick=${close}>Cancel</button>
          <button type="submit" class="tg-primary">${submit}</button>
        </div>
      </form>
    <//>`;
}
