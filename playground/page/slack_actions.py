"""What a person does in slack."""

from playground.page.actions import Action

ACTIONS: dict[str, Action] = {}
