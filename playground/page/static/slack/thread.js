// A thread beside or over its channel: the session's title, the replies, the line under them, and Slack's own Stop.
import { useRef, useState } from "preact/hooks";
import { html } from "../html.js";
import { Composer } from "../parts/composer.js";
import { Busy } from "./busy.js";
import { Messages } from "./messages.js";

export function Thread({ slack }) {
  const { data, act, tell, open } = slack;
  const { place, thread } = data;
  const where = { channel: place.id, thread: thread.root };
  const name = place.app ? place.name : `#${place.name}`;
  return html`
    <section class="slack-thread" aria-label="Thread">
      <header class="slack-head">
        <${Title} slack=${slack} where=${where} name=${name} />
        <button type="button" class="slack-close" aria-label="Close thread" title="Close thread"
          onClick=${() => open(place.id)}>✕</button>
      </header>
      <${Messages} slack=${slack} label="Messages in thread" messages=${thread.messages} place=${thread.root} thread=${thread.root} />
      <div class="slack-status">
        <span role="status">${thread.status}</span>
        ${thread.session?.stop && html`
          <${Busy} className="slack-stop" aria-label=${`Stop ${thread.session.by}`} work=${() => tell(act("slack.stop", where))}>Stop<//>`}
      </div>
      ${thread.locked
        ? html`<p class="slack-banner">The message that this thread hangs on was deleted.</p>`
        : html`<${Composer} label="Reply in thread" placeholder="Reply…" offers=${data.offers}
            onSend=${(text) => act("slack.post", { ...where, text })} keep=${`slack ${slack.me} ${place.id} ${thread.root}`} />`}
    </section>`;
}

// The title of the app's session can be renamed by whoever is here; a thread without a session has none.
function Title({ slack, where, name }) {
  const [renaming, setRenaming] = useState(false);
  const pencil = useRef(null);
  const { session } = slack.data.thread;
  const end = () => {
    setRenaming(false);
    requestAnimationFrame(() => pencil.current?.focus());
  };
  const save = (event) => {
    event.preventDefault();
    const title = new FormData(event.currentTarget).get("title");
    end();
    slack.tell(slack.act("slack.rename", { ...where, title }));
  };
  if (renaming) {
    return html`
      <form class="slack-rename" onSubmit=${save} onKeyDown=${(event) => event.key === "Escape" && end()}>
        <input name="title" aria-label="Chat title" maxlength="200" required autocomplete="off" value=${session.title}
          ref=${(input) => input?.focus()} />
        <button type="submit" class="slack-button">Save</button>
      </form>`;
  }
  return html`
    <div class="slack-heading">
      <h2>${session?.title || "Thread"}</h2>
      <small>${name}</small>
    </div>
    ${session && html`<button type="button" class="slack-close" aria-label="Rename chat" title="Rename chat" ref=${pencil}
      onClick=${() => setRenaming(true)}>✎</button>`}`;
}
