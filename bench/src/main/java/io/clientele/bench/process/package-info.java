/// Servers as processes of their own: start, CPU time, memory, end.
@NullMarked
package io.clientele.bench.process;

import org.jspecify.annotations.NullMarked;
