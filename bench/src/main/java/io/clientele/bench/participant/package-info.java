/// What is measured: Clientele and its peers, each started as its documents say.
@NullMarked
package io.clientele.bench.participant;

import org.jspecify.annotations.NullMarked;
