"""Code that lacks what it must offer, and code that fails."""


class Faulty:
    @staticmethod
    def describe(scheme):
        raise ZeroDivisionError("a mistake in it")

    @staticmethod
    def compile(scheme):
        return None
