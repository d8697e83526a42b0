extension V1 {
    /// `/api/v1/maintenance`: the work that is announced, the earliest first.
    package struct MaintenanceList: Codable, Hashable, Sendable {
        /// The node's name.
        package var node: String
        /// When the document was put together.
        package var time: String
        /// What is going on or to come.
        package var maintenance: [MaintenanceWindow]

        /// A maintenance document.
        package init(node: String, time: String, maintenance: [MaintenanceWindow]) {
            self.node = node
            self.time = time
            self.maintenance = maintenance
        }
    }

    /// Announced work: `/api/v1/maintenance/<name>`.
    package struct MaintenanceWindow: Codable, Hashable, Sendable {
        /// What it is called.
        package var name: String
        /// Who works.
        package var author: String
        /// Why; absent for nothing.
        package var reason: String?
        /// When it begins.
        package var begins: String
        /// When it ends.
        package var ends: String
        /// Whether it is going on.
        package var active: Bool
        /// The parts; absent for the whole node.
        package var subjects: [Subject]?

        /// Announced work.
        package init(
            name: String, author: String, reason: String?, begins: String, ends: String,
            active: Bool, subjects: [Subject]?
        ) {
            self.name = name
            self.author = author
            self.reason = reason
            self.begins = begins
            self.ends = ends
            self.active = active
            self.subjects = subjects
        }
    }

    /// What is sent to announce work; `author` and `ends` are needed, and another key is refused.
    package struct MaintenanceRequest: Codable, Hashable, Sendable {
        /// Who works.
        package var author: String?
        /// Why; absent for nothing.
        package var reason: String?
        /// From when on: a time, or a duration from now; absent for now.
        package var begins: String?
        /// Until when: a time, or a duration from the beginning.
        package var ends: String?
        /// The parts; absent for the whole node.
        package var subjects: [Part]?

        /// A part of the node.
        package struct Part: Codable, Hashable, Sendable {
            /// The label of an HCA.
            package var device: String?
            /// One of its ports; absent for all.
            package var port: Int?
            /// A GPU's index, UUID or PCI address.
            package var gpu: String?

            /// A part.
            package init(device: String? = nil, port: Int? = nil, gpu: String? = nil) {
                self.device = device
                self.port = port
                self.gpu = gpu
            }

            /// Reads a part; throws for a key that there is not.
            package init(from decoder: any Decoder) throws {
                try decoder.refuseStrays(CodingKeys.self)
                let values = try decoder.container(keyedBy: CodingKeys.self)
                device = try values.decodeIfPresent(String.self, forKey: .device)
                port = try values.decodeIfPresent(Int.self, forKey: .port)
                gpu = try values.decodeIfPresent(String.self, forKey: .gpu)
            }

            private enum CodingKeys: String, CodingKey, CaseIterable {
                case device, port, gpu
            }
        }

        /// A request.
        package init(
            author: String? = nil, reason: String? = nil, begins: String? = nil,
            ends: String? = nil, subjects: [Part]? = nil
        ) {
            self.author = author
            self.reason = reason
            self.begins = begins
            self.ends = ends
            self.subjects = subjects
        }

        /// Reads a request; throws for a key that there is not, since a misspelt `subjects` would
        /// be the whole node.
        package init(from decoder: any Decoder) throws {
            try decoder.refuseStrays(CodingKeys.self)
            let values = try decoder.container(keyedBy: CodingKeys.self)
            author = try values.decodeIfPresent(String.self, forKey: .author)
            reason = try values.decodeIfPresent(String.self, forKey: .reason)
            begins = try values.decodeIfPresent(String.self, forKey: .begins)
            ends = try values.decodeIfPresent(String.self, forKey: .ends)
            subjects = try values.decodeIfPresent([Part].self, forKey: .subjects)
        }

        private enum CodingKeys: String, CodingKey, CaseIterable {
            case author, reason, begins, ends, subjects
        }
    }

    /// `/api/v1/acknowledgements`: the conditions that somebody has taken notice of.
    package struct Acknowledgements: Codable, Hashable, Sendable {
        /// The node's name.
        package var node: String
        /// When the document was put together.
        package var time: String
        /// The worst first.
        package var acknowledgements: [AcknowledgedIncident]

        /// An acknowledgements document.
        package init(node: String, time: String, acknowledgements: [AcknowledgedIncident]) {
            self.node = node
            self.time = time
            self.acknowledgements = acknowledgements
        }
    }

    /// A condition that somebody has taken notice of: `/api/v1/acknowledgements/<incident>`.
    package struct AcknowledgedIncident: Codable, Hashable, Sendable {
        /// The incident, as its condition in `/api/v1/health` names it.
        package var incident: String
        /// The condition's name in the catalogue.
        package var condition: String
        /// What it is about.
        package var subject: Subject
        /// Who has taken notice of it.
        package var acknowledgement: Acknowledgement

        /// An acknowledged incident.
        package init(
            incident: String, condition: String, subject: Subject,
            acknowledgement: Acknowledgement
        ) {
            self.incident = incident
            self.condition = condition
            self.subject = subject
            self.acknowledgement = acknowledgement
        }
    }

    /// What is sent to take notice; `author` is needed, and another key is refused.
    package struct AcknowledgementRequest: Codable, Hashable, Sendable {
        /// Who.
        package var author: String?
        /// What they say of it; absent for nothing.
        package var note: String?

        /// A request.
        package init(author: String? = nil, note: String? = nil) {
            self.author = author
            self.note = note
        }

        /// Reads a request; throws for a key that there is not.
        package init(from decoder: any Decoder) throws {
            try decoder.refuseStrays(CodingKeys.self)
            let values = try decoder.container(keyedBy: CodingKeys.self)
            author = try values.decodeIfPresent(String.self, forKey: .author)
            note = try values.decodeIfPresent(String.self, forKey: .note)
        }

        private enum CodingKeys: String, CodingKey, CaseIterable {
            case author, note
        }
    }
}
