// What a person can do inside a text: open a spoiler or a long quote, send a command, press a button.
// The texts are HTML from the server, so one listener on the list hears for all of them.

function reveal(spoiler) {
  spoiler.classList.add("shown");
  for (const name of ["role", "tabindex", "aria-label"]) spoiler.removeAttribute(name);
}

function expand(button) {
  const open = button.parentElement.classList.toggle("open");
  button.setAttribute("aria-expanded", open);
  button.textContent = open ? "Show less" : "Show more";
}

export function useLiveText(runCommand, press) {
  const onClick = (event) => {
    const spoiler = event.target.closest(".tg-spoiler:not(.shown)");
    const command = event.target.closest(".tg-command");
    const key = event.target.closest("[data-press]");
    const more = event.target.closest(".tg-more");
    if (spoiler) {
      event.preventDefault();
      reveal(spoiler);
    } else if (command) runCommand(command.dataset.command);
    else if (key) press(Number(key.closest("article").dataset.message), key.dataset.press);
    else if (more) expand(more);
  };
  const onKeyDown = (event) => {
    if (!["Enter", " "].includes(event.key) || !event.target.matches(".tg-spoiler:not(.shown)")) return;
    event.preventDefault();
    reveal(event.target);
  };
  return { onClick, onKeyDown };
}
