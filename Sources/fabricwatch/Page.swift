/// What a piece of text looks like on a terminal; the numbers of ECMA-48, SGR.
enum Ink: String {
    case plain = ""
    case bold = "1"
    case faint = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case magenta = "35"
    case cyan = "36"

    /// The ink of a verdict or severity.
    init(severity: String) {
        switch severity {
        case "PASS": self = .green
        case "INFO": self = .cyan
        case "WARNING": self = .yellow
        case "CRITICAL": self = .red
        default: self = .magenta
        }
    }
}

/// A piece of a line.
struct Span: ExpressibleByStringInterpolation {
    let text: String
    let ink: Ink

    init(_ text: String, _ ink: Ink = .plain) {
        self.text = printable(text)
        self.ink = ink
    }

    init(stringLiteral text: String) {
        self.init(text)
    }
}

/// Rows in aligned columns; a column that is empty from top to bottom takes no room.
struct Table {
    enum Column {
        /// Flush left.
        case text(String)
        /// Flush right.
        case number(String)

        var title: String {
            switch self {
            case .text(let title), .number(let title): title
            }
        }
    }

    let columns: [Column]
    private(set) var rows: [[Span]] = []

    init(_ columns: Column...) {
        self.columns = columns
    }

    mutating func add(_ cells: Span...) {
        rows.append(cells)
    }

    /// The titles, where there are any.
    var heading: [Span]? {
        columns.allSatisfy(\.title.isEmpty) ? nil : columns.map { Span($0.title, .bold) }
    }

    /// The widths of the columns in characters.
    var widths: [Int] {
        columns.indices.map { column in
            rows.reduce(columns[column].title.count) { max($0, $1[column].text.count) }
        }
    }
}

/// Text on its way to a terminal or a file.
struct Page {
    let isColoured: Bool
    private(set) var text = ""

    init(isColoured: Bool) {
        self.isColoured = isColoured
    }

    mutating func line(_ spans: Span...) {
        for span in spans { ink(span) }
        text += "\n"
    }

    /// Writes a table, and after each row what `beneath` writes for its number.
    mutating func table(
        _ table: Table, beneath: (Int, inout Page) -> Void = { _, _ in }
    ) {
        let widths = table.widths
        if let heading = table.heading { row(heading, table.columns, widths) }
        for (number, cells) in table.rows.enumerated() {
            row(cells, table.columns, widths)
            beneath(number, &self)
        }
    }

    /// Writes one row of a table, so that rows of two tables can alternate.
    mutating func row(_ cells: [Span], _ columns: [Table.Column], _ widths: [Int]) {
        var gap = 0
        for (index, cell) in cells.enumerated() where widths[index] > 0 {
            let slack = widths[index] - cell.text.count
            if case .number = columns[index] { gap += slack }
            if !cell.text.isEmpty {
                text += String(repeating: " ", count: gap)
                gap = 0
                ink(cell)
            }
            if case .text = columns[index] { gap += slack }
            gap += 2
        }
        text += "\n"
    }

    private mutating func ink(_ span: Span) {
        let isPlain = !isColoured || span.ink == .plain || span.text.isEmpty
        text += isPlain ? span.text : "\u{1B}[\(span.ink.rawValue)m\(span.text)\u{1B}[0m"
    }
}
