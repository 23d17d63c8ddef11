"""Which commands a person is offered in a chat."""

from collections.abc import Iterator

from playground.page.telegram_places import Place

Command = dict[str, str]


def offered_commands(place: Place) -> list[Command]:
    """The commands of the narrowest scope that has any, in the person's language before those in none.

    The order is that of "Determining list of commands" in the Bot API's page on BotCommandScope.
    """
    commands = place.telegram.account.profile.commands
    language = place.person.language_code
    found = (commands.get((scope, code)) for scope in _scopes(place) for code in (language, ""))
    return next((one for one in found if one), [])


def _scopes(place: Place) -> Iterator[str]:
    chat, person = place.chat, place.person
    if chat.private:
        yield from (f"chat:{chat.id}", "all_private_chats", "default")
        return
    owner = next(iter(chat.members), None) == person.id
    yield f"chat_member:{chat.id}:{person.id}"
    if owner:
        yield f"chat_administrators:{chat.id}"
    yield f"chat:{chat.id}"
    if owner:
        yield "all_chat_administrators"
    yield from ("all_group_chats", "default")


def has_menu_button(place: Place) -> bool:
    """Whether the bot's button beside the composer lists the commands; only private chats have one."""
    buttons = place.telegram.account.profile.menu_buttons
    general = buttons.get(0, {"type": "commands"})
    own = buttons.get(place.chat.id, {"type": "default"})
    kinds = [str(button["type"]) for button in (own, general)]
    shown = next((kind for kind in kinds if kind != "default"), "commands")
    return place.chat.private and shown == "commands" and bool(offered_commands(place))
