/// The parsers that read strangers' bytes, each with what must hold for every input ([FuzzTarget]),
/// and the inputs that are kept. `trust/FuzzingTest` lets them be fuzzed.
@NullMarked
package io.clientele.fuzz;

import org.jspecify.annotations.NullMarked;
