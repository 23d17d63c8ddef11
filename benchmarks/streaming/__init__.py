"""How far screens are behind the model, at what cost, beside the best that the budgets allow and beside other bots."""
