//! Information elements of BSSMAP, 3GPP TS 48.008 §3.2.2: identifiers, names, formats.
