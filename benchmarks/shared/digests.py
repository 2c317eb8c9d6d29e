"""What a folder notes of the data it is made of, so that a replaced file is noticed."""

from neurojax.data import Dataset

MADE_HERE = ("expert", "synthetic")  # by this program, from its own seeds


def data_digests(data: str, dataset: Dataset) -> dict[str, str]:
    """The digest of a data set, by the name that the user gave it."""
    return {} if data in MADE_HERE else {data: dataset.digest()}
