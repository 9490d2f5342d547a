"""Service packages (業務適配包): what a reader is shown to try, less what he holds already.

The catalogue is one file that operators edit (`catalogue.toml`, docs/offers.md);
what a reader holds are his subscriptions; what he asks for is an order on record,
handed to the department that opens services in bulk. Opening them is not here.
"""

from subscribers.offers.catalogue import Catalogue, Package, Service
from subscribers.offers.orders import Recorded, record_order
from subscribers.offers.services import held, others, recommended, recommended_many

__all__ = ["Catalogue", "Package", "Recorded", "Service", "held", "others", "recommended", "recommended_many", "record_order"]
