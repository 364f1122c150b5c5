//! Code points as values: an unknown code survives, prints and compares, and has the name `unknown`.

/// Declares a code of one octet with its known values as constants and their names in snake case.
macro_rules! codes {
    ($(#[$doc:meta])* $visibility:vis $type:ident { $($code:literal $constant:ident $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        $visibility struct $type($visibility u8);

        #[allow(missing_docs, reason = "the names are the specification's")]
        impl $type {
            $($visibility const $constant: Self = Self($code);)*
        }

        impl $type {
            /// The specification's name in snake case; `unknown` for codes that it does not have.
            #[inline]
            $visibility const fn name(self) -> &'static str {
                static NAMES: [&str; 256] = {
                    let mut names = ["unknown"; 256];
                    $(names[$code] = $name;)*
                    names
                };
                NAMES[self.0 as usize]
            }
        }
    };
}

pub(super) use codes;
