// One message: who, when, what, and what can be done with it.
import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "../html.js";
import { clock } from "../parts/time.js";
import { Composer } from "../parts/composer.js";
import { Parts } from "./blocks.js";
import { Controls } from "./controls.js";

const replyWord = (count) => (count === 1 ? "1 reply" : `${count} replies`);

export function Message({ slack, message, thread, short }) {
  const [editing, setEditing] = useState(false);
  const article = useRef(null);
  const done = () => {
    setEditing(false);
    requestAnimationFrame(() => article.current?.querySelector("[aria-haspopup=menu]")?.focus());
  };
  const { data, act } = slack;
  const channel = data.place.id;
  const press = (action, value) => act("slack.press", { channel, ts: message.ts, action, value });
  const time = clock(message.time);
  const kinds = ["system", "ephemeral", "streaming", "deleted"].filter((kind) => message[kind]);
  return html`
    <article class=${["slack-message", short ? "short" : "", ...kinds].join(" ")} ref=${article} aria-label=${`${message.author}, ${time}`}
      aria-busy=${message.growing ? "true" : null}>
      <span class=${`slack-face ${message.app ? "app" : ""}`} aria-hidden="true">${message.app ? "✦" : message.author.slice(0, 1)}</span>
      <div class="slack-said">
        ${message.ephemeral && html`<p class="slack-note">Only visible to you</p>`}
        <p class="slack-who">
          <b>${message.author}</b>${message.app && html`<span class="slack-badge">APP</span>`}
          <time datetime=${new Date(message.time * 1000).toISOString()}>${time}</time>
        </p>
        ${message.title && html`<p class="slack-title">${message.title}</p>`}
        ${editing
          ? html`<${Edited} slack=${slack} message=${message} done=${done} />`
          : html`<${Parts} parts=${message.parts} press=${press} slack=${slack} />`}
        ${message.streaming && html`<span class="slack-caret" aria-hidden="true"></span>`}
        ${message.edited && html`<small class="slack-edited">(edited)</small>`}
        ${message.files?.map((name) => html`<p class="slack-file" key=${name}>File: ${name}</p>`)}
        ${message.reactions && html`<p class="slack-reactions">
          ${message.reactions.map(({ name, count }) => html`<span key=${name}>:${name}: ${count}</span>`)}</p>`}
        ${thread === null && html`<${Replies} slack=${slack} message=${message} />`}
      </div>
      ${!editing && !message.system && html`
        <${Controls} slack=${slack} message=${message} thread=${thread} edit=${() => setEditing(true)} />`}
    </article>`;
}

function Replies({ slack, message }) {
  const { data, open } = slack;
  if (!message.replies && !message.status) return null;
  return html`
    <p class="slack-replies">
      <button type="button" onClick=${() => open(data.place.id, "messages", message.ts)}>
        ${message.replies ? replyWord(message.replies) : "Thread"}
      </button>
      <small>${message.status || (message.last ? `Last reply ${clock(message.last)}` : "")}</small>
    </p>`;
}

function Edited({ slack, message, done }) {
  const { data, act } = slack;
  const save = (text) => act("slack.edit", { channel: data.place.id, ts: message.ts, text }).then(done);
  const form = useRef(null);
  useEffect(() => {
    form.current.querySelector("textarea").focus();
    form.current.scrollIntoView({ block: "nearest" });
  }, []);
  return html`
    <div ref=${form}>
      <${Composer} label="Edit message" value=${message.typed} offers=${data.offers.filter(({ first }) => !first)}
        onSend=${save} send="Save" onCancel=${done} />
      <button type="button" class="slack-cancel" onClick=${done}>Cancel</button>
    </div>`;
}
