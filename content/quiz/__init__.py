"""A magazine's quiz (互動問答): opened with its edition, answered by readers, closed to the instant, drawn so that anybody can check it.

`answers.answer` takes an answer of whatever channel, `draws.draw` draws its winners;
who hands texts in and carries replies out is not here (`delivery.reports.quizzes`).
"""
