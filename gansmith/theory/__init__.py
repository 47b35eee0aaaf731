"""Closed forms and quadrature: the numbers that training is held against."""
