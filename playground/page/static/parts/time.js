// Times of day as the person's own country writes them; seconds since 1970 come in.
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

export const clock = (seconds) => CLOCK.format(new Date(seconds * 1000));
