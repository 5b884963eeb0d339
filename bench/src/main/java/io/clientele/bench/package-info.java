/// Measures Clientele, side by side with its peers: `./bench/run`.
@NullMarked
package io.clientele.bench;

import org.jspecify.annotations.NullMarked;
