import Model
import Wire

/// One value of the history.
struct ExportLine {
    let time: String
    let pass: UInt64
    let deviceClass: String
    let key: String
    let column: Column
    let cell: Cell

    /// `value`, `saturated` for a lower bound, or `missing`.
    var state: String {
        switch cell {
        case .value(_, saturated: false): "value"
        case .value(_, saturated: true): "saturated"
        case .missing, .unsupported: "missing"
        }
    }

    /// The value in the column's published unit; nil where there is none.
    var value: String? {
        guard case .value(let raw, _) = cell else { return nil }
        return switch column.published(raw) {
        case .integer(let value): "\(value)"
        case .decimal(let value): "\(value)"
        }
    }
}

/// A format with a line for each value.
protocol ExportLines {
    /// What comes before the first line.
    var title: String { get }
    /// Adds a line.
    func append(_ line: ExportLine, to block: inout [UInt8])
}

/// Comma-separated values (RFC 4180, with line feeds alone); no field needs quotes.
struct CSVLines: ExportLines {
    var title: String { "time,pass,class,part,name,unit,state,value\n" }

    func append(_ line: ExportLine, to block: inout [UInt8]) {
        block += line.time.utf8
        block += ",\(line.pass),\(line.deviceClass),\(line.key),\(line.column.name),".utf8
        block += "\(line.column.publishedUnit),\(line.state),\(line.value ?? "")\n".utf8
    }
}

/// A JSON document for each line, with the keys in sorted order.
struct JSONLines: ExportLines {
    var title: String { "" }

    func append(_ line: ExportLine, to block: inout [UInt8]) {
        block += "{\"class\":\"\(line.deviceClass)\",\"name\":\"\(line.column.name)\",".utf8
        block += "\"part\":\"\(line.key)\",\"pass\":\(line.pass),\"state\":\"\(line.state)\",".utf8
        block += "\"time\":\"\(line.time)\",\"unit\":\"\(line.column.publishedUnit)\"".utf8
        if let value = line.value { block += ",\"value\":\(value)".utf8 }
        block += "}\n".utf8
    }
}
