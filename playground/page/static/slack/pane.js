// The pane of Slack: the list of places, the open one, its thread beside or over it, and the modal on top.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { html } from "../html.js";
import { Sidebar } from "./sidebar.js";
import { Place } from "./place.js";
import { Thread } from "./thread.js";
import { Modal } from "./modal.js";

const remembered = (me) => {
  try {
    return JSON.parse(sessionStorage.getItem(`slack place ${me}`));
  } catch {
    return null;
  }
};

// A new connection knows no place: the browser says again which one it had open.
function useReopened(data, act, me) {
  const [failed, setFailed] = useState(false);
  const { chosen, place, thread } = data;
  const stored = chosen || failed ? null : remembered(me);
  useEffect(() => {
    if (stored) act("slack.open", stored).catch(() => setFailed(true));
  }, [chosen]);
  // Before it is painted: who reloads the moment a place is shown comes back to that place.
  useLayoutEffect(() => {
    const now = { channel: place.id, tab: place.tab, thread: thread?.root ?? null };
    if (chosen) sessionStorage.setItem(`slack place ${me}`, JSON.stringify(now));
  }, [chosen, place.id, place.tab, thread?.root]);
  return !stored;
}

// Whoever opens something goes on in its composer; nobody is sent there by a reload or by a message that comes in.
function useFocusOnOpen(pane, data) {
  const wanted = useRef(false);
  useEffect(() => {
    if (!wanted.current) return;
    wanted.current = false;
    const box = pane.current.querySelector(data.thread ? ".slack-thread .composer textarea" : ".slack-place .composer textarea");
    const elsewhere = document.activeElement !== document.body && !pane.current.contains(document.activeElement);
    if (!elsewhere) (box ?? pane.current.querySelector(".slack-tabs [aria-selected=true]"))?.focus();
  }, [data.place.id, data.place.tab, data.thread?.root]);
  return () => { wanted.current = true; };
}

export function SlackPane({ data, act, tell, me }) {
  const pane = useRef(null);
  const ready = useReopened(data, act, me);
  const willFocus = useFocusOnOpen(pane, data);
  const open = (channel, tab = "messages", thread = null) => {
    willFocus();
    return tell(act("slack.open", { channel, tab, thread }));
  };
  // A permalink of this workspace opens here; every other link leaves for a window of its own.
  const follow = (url) => {
    willFocus();
    // What a link in a modal leads to would lie behind it.
    const cleared = data.modal ? act("slack.close_view", { view: data.modal.id }) : Promise.resolve();
    return tell(cleared.then(() => act("slack.follow", { url })));
  };
  const isOurs = (url) => url?.startsWith(`https://${data.domain}/`);
  const clicked = (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || !isOurs(link.href)) return;
    event.preventDefault();
    follow(link.href);
  };
  const context = useMemo(() => ({}), []);
  Object.assign(context, { data, act, tell, me, open, follow, isOurs, willFocus });
  if (!ready) return html`<section class="pane slack" aria-label="Slack"></section>`;
  return html`
    <section class=${`pane slack ${data.thread ? "with-thread" : ""}`} aria-label="Slack" ref=${pane} onClick=${clicked}>
      <${Sidebar} slack=${context} />
      <${Place} slack=${context} key=${`${data.place.id} ${data.place.tab}`} />
      ${data.thread && html`<${Thread} slack=${context} key=${data.thread.root} />`}
      ${data.modal && html`<${Modal} slack=${context} view=${data.modal} key=${data.modal.id} />`}
    </section>`;
}
