"""A magazine's quiz (互動問答): opened with its edition, answered by readers, closed to the instant, drawn so that anybody can check it."""
