/// One class for each row of the table in docs/performance.md.
@NullMarked
package io.clientele.bench.row;

import org.jspecify.annotations.NullMarked;
