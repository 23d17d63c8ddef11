"""What a person does in the two panes, by the names that a screen reader says."""

from dataclasses import dataclass

from playwright.async_api import Locator, Page


@dataclass(frozen=True)
class Slack:
    """Slack's half of the page."""

    page: Page

    @property
    def pane(self) -> Locator:
        return self.page.get_by_role("region", name="Slack", exact=True)

    @property
    def thread(self) -> Locator:
        return self.pane.get_by_role("region", name="Thread", exact=True)

    async def open(self, place: str) -> None:
        await self.pane.get_by_role("navigation").get_by_role("button", name=place).click()

    async def write(self, text: str, where: str = "Message #general") -> None:
        box = self.pane.get_by_role("textbox", name=where, exact=True)
        await box.fill(text)
        await box.press("Enter")

    async def reply(self, text: str) -> None:
        await self.write(text, "Reply in thread")

    def message(self, text: str) -> Locator:
        return self.pane.get_by_role("article").filter(has_text=text)

    async def choose(self, message: Locator, action: str) -> None:
        await message.hover()
        await message.get_by_role("button", name="Message actions").click()
        await message.get_by_role("menuitem", name=action, exact=True).click()


@dataclass(frozen=True)
class Telegram:
    """Telegram's half of the page."""

    page: Page

    @property
    def pane(self) -> Locator:
        return self.page.get_by_role("region", name="Telegram", exact=True)

    async def open(self, chat: str) -> None:
        await self.pane.get_by_role("navigation").get_by_role("button", name=chat, exact=True).click()

    async def start(self) -> None:
        await self.pane.get_by_role("button", name="Start", exact=True).click()

    async def write(self, text: str, chat: str = "Threadline") -> None:
        box = self.pane.get_by_role("textbox", name=f"Message {chat}", exact=True)
        await box.fill(text)
        await box.press("Enter")

    def message(self, text: str) -> Locator:
        return self.pane.get_by_role("article").filter(has_text=text)

    async def press(self, label: str) -> None:
        await self.pane.get_by_role("log").get_by_role("button", name=label, exact=True).last.click()
