"""Import: students of a whole school from a table, all of them or none, with every bad cell named."""

from service.importing.flow import Report, import_students
from service.importing.sheets import faults_table, template
from service.spreadsheet.writing import XLSX

__all__ = ["XLSX", "Report", "faults_table", "import_students", "template"]
