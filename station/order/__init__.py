"""WHAT IS ASKED: order documents, features, tolerances, drawings."""
