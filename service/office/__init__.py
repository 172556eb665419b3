"""The collaborators a flow has at hand, and the look-ups and readings that several flows need."""

from service.office.desk import CHINA, Content, Handing, Office

__all__ = ["CHINA", "Content", "Handing", "Office"]
