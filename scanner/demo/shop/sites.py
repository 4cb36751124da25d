"""The two sites that the shop serves: itself over http, and its checkout over https."""

from __future__ import annotations

from .accounts import accounts
from .api import api
from .catalogue import catalogue
from .checkout import checkout
from .corners import corners
from .web import Routes

SHOP = Routes(catalogue, accounts, api, corners)
CHECKOUT = Routes(checkout)
