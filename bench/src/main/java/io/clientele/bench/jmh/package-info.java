/// Microbenchmarks.
@NullMarked
package io.clientele.bench.jmh;

import org.jspecify.annotations.NullMarked;
