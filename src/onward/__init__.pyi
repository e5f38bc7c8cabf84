from onward.api import asset as asset
from onward.api import check as check
from onward.api import load as load
from onward.api import metric as metric
from onward.api import ref as ref
from onward.api import save as save
from onward.api import today as today
from onward.base.errors import OnwardError as OnwardError
from onward.workspace import Workspace as Workspace

__version__: str
__all__ = ["OnwardError", "Workspace", "__version__", "asset", "check", "load", "metric", "ref", "save", "today"]
