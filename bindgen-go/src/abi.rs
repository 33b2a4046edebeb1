//! Lifting and lowering as Go statements: an implementation of `wit_bindgen_core::abi::Bindgen`, which feeds it the
//! instructions of a stack machine for one function.
//!
//! An operand is a Go expression. What has an effect, or is used more than once, is a statement and a numbered variable.
//! Values have one form throughout: an option is a pointer, a result is a `wit.Result`. What a Go function returns,
//! `(T, bool, error)`, is made of that at its end, in `call`.

mod call;
mod compound;
mod flow;
mod memory;
mod scalar;

pub(crate) use scalar::core;

use wit_bindgen_core::Direction;
use wit_bindgen_core::abi::{Bindgen, Instruction};
use wit_bindgen_core::wit_parser::{Alignment, ArchitectureSize, Function, Resolve, SizeAlign, Type, TypeId};

use crate::file::File;

/// A piece of code for one case of a variant, or one element of a list.
pub(crate) struct Block {
    id: usize,
    lines: Vec<String>,
    results: Vec<String>,
}

/// The body of one function.
pub(crate) struct Abi<'f, 'a> {
    pub(crate) file: &'f mut File<'a>,
    pub(crate) unit: usize,
    pub(crate) func: &'f Function,
    direction: Direction,
    lines: Vec<String>,
    /// Blocks that are being written: the code around each, and its number.
    open: Vec<(Vec<String>, usize)>,
    /// Blocks that wait for their instruction.
    closed: Vec<Block>,
    variables: usize,
    /// Whether parameters go through memory.
    indirect: bool,
    /// Memory of this call, as an address.
    scope: &'static str,
    /// Where the result of an async export begins, and the handler's error.
    result: (usize, String),
    pub(crate) uses: Uses,
}

/// What the code around the body has to provide.
#[derive(Default)]
pub(crate) struct Uses {
    /// Memory of this call.
    pub(crate) scope: bool,
    /// Handles that the call gives away.
    pub(crate) given: bool,
    /// Handles that were lent for the call.
    pub(crate) loans: bool,
    /// Imported core functions for resources: the intrinsic and the resource.
    pub(crate) intrinsics: Vec<(Intrinsic, TypeId)>,
    /// Error types of handlers.
    pub(crate) errors: Vec<TypeId>,
    /// Streams and futures.
    pub(crate) flows: Vec<TypeId>,
    /// Where lowering begins of a result that can be made an error, if it cannot be lowered.
    pub(crate) retry: Option<Retry>,
}

/// A handler's result that may be one which WIT cannot pass, such as a string that is not UTF-8.
pub(crate) struct Retry {
    /// The first line that lowers it.
    pub(crate) line: usize,
    /// The variable that holds it.
    pub(crate) result: String,
    /// What makes an error of the WIT of the variable `err`, if the result has one.
    pub(crate) error: Option<String>,
}

/// A core function for handles.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Intrinsic {
    Drop,
    New,
    Rep,
}

impl<'f, 'a> Abi<'f, 'a> {
    pub(crate) fn new(
        file: &'f mut File<'a>,
        unit: usize,
        func: &'f Function,
        direction: Direction,
        indirect: bool,
    ) -> Self {
        Abi {
            file,
            unit,
            func,
            direction,
            lines: Vec::new(),
            open: Vec::new(),
            closed: Vec::new(),
            variables: 0,
            indirect,
            scope: "&scope",
            result: Default::default(),
            uses: Uses::default(),
        }
    }

    /// The same inside of a function that is given the memory.
    pub(crate) fn within(self, scope: &'static str) -> Self {
        Abi { scope, ..self }
    }

    /// The statements.
    pub(crate) fn finish(self) -> (Vec<String>, Uses) {
        (self.lines, self.uses)
    }

    pub(crate) fn line(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    fn number(&mut self) -> usize {
        self.variables += 1;
        self.variables
    }

    /// A new variable that holds the expression.
    fn bind(&mut self, expression: &str) -> String {
        let name = format!("v{}", self.number());
        self.line(format!("{name} := {expression}"));
        name
    }

    /// The expression as something to use more than once.
    fn ident(&mut self, expression: &str) -> String {
        if expression.bytes().all(|b| b.is_ascii_alphanumeric()) {
            expression.to_owned()
        } else {
            self.bind(expression)
        }
    }

    /// The last `n` closed blocks.
    fn blocks(&mut self, n: usize) -> Vec<Block> {
        self.closed.split_off(self.closed.len() - n)
    }

    /// Whether a list can be passed where it is: the host reads it before anything else happens. What goes into memory is
    /// copied, since Go's stacks move.
    fn in_place(&self) -> bool {
        self.direction == Direction::Import && !self.indirect && self.open.is_empty()
    }

    fn ty(&mut self, ty: &Type) -> String {
        self.file.ty(ty)
    }

    fn size(&self, ty: &Type) -> usize {
        self.file.world.sizes.size(ty).size_wasm32()
    }

    /// The Go name of a core function for a resource's handles.
    fn intrinsic(&mut self, intrinsic: Intrinsic, id: TypeId) -> String {
        if !self.uses.intrinsics.contains(&(intrinsic, id)) {
            self.uses.intrinsics.push((intrinsic, id));
        }
        intrinsic_name(self.file, intrinsic, id)
    }
}

/// `dropBucket`, or with the package's name where the resource is another package's.
pub(crate) fn intrinsic_name(file: &mut File<'_>, intrinsic: Intrinsic, id: TypeId) -> String {
    let plan = file.world.plan;
    let (package, name) = plan.types.get(&id).map_or((file.package, ""), |(package, name)| (*package, name));
    let verb = format!("{intrinsic:?}").to_lowercase();
    // A generated package has few foreign resources, and their packages have numbers.
    if package == file.package { format!("{verb}{name}") } else { format!("{verb}{name}Of{package}") }
}

impl Bindgen for Abi<'_, '_> {
    type Operand = String;

    fn emit(
        &mut self,
        resolve: &Resolve,
        instruction: &Instruction<'_>,
        operands: &mut Vec<String>,
        results: &mut Vec<String>,
    ) {
        let done = self.scalar(instruction, operands, results)
            || self.memory(instruction, operands, results)
            || self.compound(resolve, instruction, operands, results)
            || self.flow(instruction, operands, results)
            || self.call(resolve, instruction, operands, results);
        debug_assert!(done, "{instruction:?} is refused by the check");
    }

    fn return_pointer(&mut self, size: ArchitectureSize, _: Alignment) -> String {
        self.uses.scope = true;
        self.bind(&format!("scope.Alloc({})", size.size_wasm32()))
    }

    fn push_block(&mut self) {
        let id = self.number();
        self.open.push((std::mem::take(&mut self.lines), id));
    }

    fn finish_block(&mut self, operands: &mut Vec<String>) {
        if let Some((around, id)) = self.open.pop() {
            let lines = std::mem::replace(&mut self.lines, around);
            self.closed.push(Block { id, lines, results: std::mem::take(operands) });
        }
    }

    fn sizes(&self) -> &SizeAlign {
        self.file.world.sizes
    }

    fn is_list_canonical(&self, _: &Resolve, element: &Type) -> bool {
        matches!(
            element,
            Type::U8
                | Type::S8
                | Type::U16
                | Type::S16
                | Type::U32
                | Type::S32
                | Type::U64
                | Type::S64
                | Type::F32
                | Type::F64
        )
    }
}
