/// Results, goals, and the document that is made of them.
@NullMarked
package io.clientele.bench.report;

import org.jspecify.annotations.NullMarked;
