"""What a person does in telegram."""

from playground.page.actions import Action

ACTIONS: dict[str, Action] = {}
