// The pane of Telegram: the chats, and the one that is open. Which one that is, the window remembers.
import { useEffect, useRef } from "preact/hooks";
import { html } from "../html.js";
import { Chats } from "./chats.js";
import { Chat } from "./chat.js";
import { focusComposer } from "./focus.js";

const same = (one, other) => one.chat === other.chat && one.thread === other.thread;

// Gives go(chat, thread). After a reconnect the server has forgotten the place: it is asked for again.
function useOpenPlace(open, act, tell, me) {
  const pane = useRef(null);
  const key = `telegram ${me}`;
  const shown = { chat: open.id, thread: open.thread };
  const wanted = useRef(JSON.parse(sessionStorage.getItem(key) ?? "null") ?? shown);
  const focusing = useRef(false);

  const remember = (place) => {
    wanted.current = place;
    sessionStorage.setItem(key, JSON.stringify(place));
  };
  useEffect(() => {
    if (!same(wanted.current, shown)) act("telegram.open", wanted.current).catch(() => remember(shown));
    else if (focusing.current) {
      focusing.current = false;
      focusComposer(pane.current);
    }
  }, [open.id, open.thread]);

  const go = (chat, thread = null) => {
    const place = { chat, thread };
    focusing.current = !same(place, shown);
    remember(place);
    if (focusing.current) tell(act("telegram.open", place));
    else focusComposer(pane.current);
  };
  return [pane, go];
}

export function TelegramPane({ data, act, tell, say, me }) {
  const [pane, go] = useOpenPlace(data.open, act, tell, me);
  return html`
    <section class="pane telegram" aria-label="Telegram" ref=${pane}>
      <div class="tg">
        <${Chats} chats=${data.chats} open=${data.open.id} go=${go} />
        <${Chat} chat=${data.open} act=${act} tell=${tell} say=${say} me=${me} go=${go} key=${`${data.open.id} ${data.open.thread}`} />
      </div>
    </section>`;
}
