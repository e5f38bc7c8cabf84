"""Tables: which rows came, went and changed, and what of them."""
