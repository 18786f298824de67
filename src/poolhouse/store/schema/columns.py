"""The metadata of all tables, and the columns that they are made of."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, MetaData, Text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Both databases compare and order text by code point, which prefix searches and page borders rely on.
KeyText = Text().with_variant(Text(collation="C"), "postgresql")
# SQLite makes only INTEGER PRIMARY KEY an alias of the row id.
RowId = BigInteger().with_variant(Integer(), "sqlite")


def text(name: str, *, null: bool = False, key: bool = False) -> Column[str]:
    return Column(name, KeyText, nullable=null, primary_key=key)


def number(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=null)


def sealed(name: str, *, null: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=null)


def owner(name: str, target: str) -> Column[str]:
    return Column(name, KeyText, ForeignKey(target, ondelete="CASCADE"), nullable=False)


def row(name: str, target: str) -> Column[int]:
    return Column(name, BigInteger, ForeignKey(target, ondelete="CASCADE"), nullable=False)
