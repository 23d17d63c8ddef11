// The head of the page: what this is, which model answers, who one is, light or dark.
import { useEffect, useState } from "preact/hooks";
import { html } from "./html.js";

const THEMES = ["auto", "light", "dark"];
const THEME_LABELS = { auto: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" };

export function Header({ people, connected, act, tell, become }) {
  return html`
    <header class="head">
      <h1>Threadline <span>playground</span></h1>
      <p class="model">
        <strong>${people.about.model}</strong>${" "}
        <span>${people.about.note}</span>
      </p>
      <div class="head-controls">
        ${!connected && html`<span class="offline" role="status">Reconnecting…</span>`}
        <${Who} people=${people} act=${act} tell=${tell} become=${become} />
        <${Theme} />
      </div>
    </header>`;
}

function Who({ people, act, tell, become }) {
  const [adding, setAdding] = useState(false);
  const choose = (event) => {
    const id = event.currentTarget.value;
    if (id === "+") setAdding(true);
    else become(id);
  };
  const add = (event) => {
    event.preventDefault();
    const name = new FormData(event.currentTarget).get("name");
    tell(act("people.add", { name }).then(({ id }) => become(id)));
  };
  if (adding) {
    return html`
      <form class="who" onSubmit=${add}>
        <label>Name <input name="name" required maxlength="30" autocomplete="off" ref=${(input) => input?.focus()} /></label>
        <button type="submit">Join</button>
        <button type="button" onClick=${() => setAdding(false)}>Cancel</button>
      </form>`;
  }
  return html`
    <label class="who">You are${" "}
      <select value=${people.me.id} onChange=${choose}>
        ${people.guests.map(
          ({ id, name, online }) =>
            html`<option value=${id} key=${id}>${name}${online && id !== people.me.id ? " (here)" : ""}</option>`,
        )}
        <option value="+">Somebody new…</option>
      </select>
    </label>`;
}

function Theme() {
  const [theme, setTheme] = useState(localStorage.theme ?? "auto");
  useEffect(() => {
    localStorage.theme = theme;
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  return html`<button type="button" class="theme" onClick=${() => setTheme(next)}>${THEME_LABELS[theme]}</button>`;
}
