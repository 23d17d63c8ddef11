// Below the messages: the composer, or the one button that a client shows instead of it.
import { useEffect, useRef } from "preact/hooks";
import { html } from "../html.js";
import { focusComposer } from "./focus.js";
import { Composer } from "../parts/composer.js";
import { MenuButton } from "../parts/menu.js";

export function Bottom({ chat, aim, setAim, post, act, tell, me }) {
  const box = useRef(null);
  useEffect(() => {
    if (aim) box.current?.querySelector("textarea").focus();
  }, [aim]);
  const mode = chat.blocked ? "blocked" : chat.started ? "open" : "new";
  const before = useRef(mode);
  useEffect(() => {
    // The button that was pressed is gone: whoever pressed it goes on here.
    if (before.current !== mode && document.activeElement === document.body) focusComposer(box.current.closest(".telegram"));
    before.current = mode;
  }, [mode]);
  if (chat.blocked) {
    return html`<div class="tg-bottom" ref=${box}><button type="button" class="tg-wide" onClick=${() => tell(act("telegram.unblock", { chat: chat.id }))}>Unblock</button></div>`;
  }
  if (chat.private && !chat.started) {
    return html`<div class="tg-bottom" ref=${box}><button type="button" class="tg-wide" onClick=${() => tell(post("/start"))}>Start</button></div>`;
  }
  const editing = aim?.kind === "edit";
  const end = () => setAim(null);
  const send = (text) => {
    if (!editing) return post(text, aim?.message.id).then(end);
    return act("telegram.edit", { chat: chat.id, message: aim.message.id, text }).then(end);
  };
  const writing = editing
    ? { label: "Edit message", value: aim.message.text, send: "Save", key: `edit ${aim.message.id}` }
    : { label: `Message ${chat.name}`, keep: `telegram ${me} ${chat.id} ${chat.thread}`, key: "write" };
  return html`
    <div class="tg-bottom" ref=${box}>
      ${aim && html`<${Aim} aim=${aim} end=${end} />`}
      <div class="tg-write">
        ${chat.menu && html`<${MenuButton} label="Commands" className="tg-commands" items=${commandItems(chat, tell, post)}>/<//>`}
        <${Composer} ...${writing} placeholder="Message" offers=${offers(chat)} onSend=${send} onCancel=${aim ? end : undefined} />
      </div>
    </div>`;
}

const commandItems = (chat, tell, post) =>
  chat.commands.map(({ command, description }) => ({
    label: `/${command}`, hint: description, choose: () => tell(post(`/${command}`)),
  }));

// In a group a command names its bot, as clients write it there.
function offers(chat) {
  const target = chat.private ? "" : `@${chat.bot.username}`;
  const commands = chat.commands.map(({ command, description }) => (
    { insert: `/${command}${target}`, label: `/${command}`, hint: description, first: true }
  ));
  return chat.private ? commands : [...commands, { insert: target, hint: "Threadline" }];
}

function Aim({ aim: { kind, message }, end }) {
  return html`
    <div class="tg-aim">
      <p><b>${kind === "edit" ? "Edit message" : `Reply to ${message.mine ? "yourself" : message.author}`}</b><span>${message.line}</span></p>
      <button type="button" aria-label=${kind === "edit" ? "Cancel editing" : "Cancel reply"} onClick=${end}>✕</button>
    </div>`;
}
