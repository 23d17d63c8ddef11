// The page as a whole: who one is, the two panes, and the strip.
import { h, render } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { html } from "./html.js";
import { Link } from "./link.js";
import { Header } from "./header.js";
import { Strip } from "./strip.js";
import { Toasts, useToasts } from "./parts/toasts.js";
import { SlackPane } from "./slack/pane.js";
import { TelegramPane } from "./telegram/pane.js";

const wanted = () => new URLSearchParams(location.search).get("as") ?? sessionStorage.person ?? localStorage.person ?? "";

function App() {
  const [person, setPerson] = useState(wanted);
  const [parts, setParts] = useState({});
  const [connected, setConnected] = useState(false);
  const [toasts, say] = useToasts();

  const link = useMemo(
    () => new Link(person, (part, data) => setParts((before) => ({ ...before, [part]: data })), setConnected),
    [person],
  );
  useEffect(() => () => link.close(), [link]);

  const me = parts.people?.me.id;
  useEffect(() => {
    // A second window of the same browser may be somebody else: each window keeps its own person first.
    if (me) sessionStorage.person = localStorage.person = link.person = me;
  }, [me]);

  const become = (id) => {
    sessionStorage.person = localStorage.person = id;
    const url = new URL(location);
    url.searchParams.delete("as");
    history.replaceState(null, "", url);
    setParts({});
    setPerson(id);
  };
  // Every action whose failure nobody else shows ends here, as a sentence.
  const act = (name, args) => link.act(name, args);
  const tell = (promise) => promise.catch((error) => say(error.message, "error"));
  const pane = { act, tell, say, me, key: me };

  if (!parts.people || !parts.slack || !parts.telegram || !parts.strip) {
    return html`<p class="loading" role="status">${connected ? "Loading…" : "Connecting to the playground…"}</p>`;
  }
  return html`
    <${Header} people=${parts.people} connected=${connected} act=${act} tell=${tell} become=${become} />
    <main class="panes">
      <${SlackPane} ...${pane} data=${parts.slack} />
      <${TelegramPane} ...${pane} data=${parts.telegram} />
    </main>
    <${Strip} data=${parts.strip} act=${act} tell=${tell} />
    <${Toasts} toasts=${toasts} />`;
}

render(h(App), document.getElementById("app"));
