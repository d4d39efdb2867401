using CimStore.Journal;

namespace CimStore.Nats;

/// <summary>
/// How subjects are named. The default is ours (D30); the others speak to modules that follow another scheme. Closed:
/// docs/nats.md lists them.
/// </summary>
public abstract record SubjectProfile
{
    public static readonly SubjectProfile Default = new Cim();

    private SubjectProfile()
    {
    }

    /// <summary>The stream of events, and what it captures.</summary>
    public abstract (string Name, string Subject) EventStream { get; }

    /// <summary>The stream of reads (D17): short-lived, and never inside the other one's subjects.</summary>
    public abstract (string Name, string Subject) ReadStream { get; }

    /// <summary>The stream that tells of dead letters.</summary>
    public abstract (string Name, string Subject) DeadLetterStream { get; }

    /// <param name="verb">As in <c>name.set</c>.</param>
    public abstract string CommandSubject(string verb);

    public abstract string SubjectOf(JournalEntry entry);

    /// <summary>"storage.stored" is "stored".</summary>
    private static string ShortNameOf(JournalEntry entry) =>
        EventTypes.Name(entry.Event).Split('.', 2)[1];

    private static bool IsRead(JournalEntry entry) => EventTypes.Name(entry.Event) == EventTypes.Retrieved;

    private static string AggregateOf(JournalEntry entry) =>
        ShortNameOf(entry).StartsWith("name_", StringComparison.Ordinal) ? "name" : "object";

    public sealed record Cim : SubjectProfile
    {
        public override (string Name, string Subject) EventStream => ("CIM-EVENTS", "events.>");

        public override (string Name, string Subject) ReadStream => ("CIM-READS", "reads.>");

        public override (string Name, string Subject) DeadLetterStream => ("CIM-DEAD-LETTERS", "deadletters.storage.>");

        public override string CommandSubject(string verb) => $"commands.storage.{verb}";

        public override string SubjectOf(JournalEntry entry) => EventTypes.Subject(entry.Event);
    }

    /// <param name="Environment">Its first token, such as <c>dev</c>.</param>
    public sealed record CimStart(string Environment) : SubjectProfile
    {
        public override (string Name, string Subject) EventStream =>
            ("DOMAIN_STORAGE_EVENTS", $"{Environment}.domain.storage.>");

        public override (string Name, string Subject) ReadStream => ("DOMAIN_STORAGE_READS", $"{Environment}.reads.>");

        public override (string Name, string Subject) DeadLetterStream =>
            ("DOMAIN_STORAGE_DEAD_LETTERS", $"{Environment}.deadletters.storage.>");

        public override string CommandSubject(string verb) => verb.StartsWith("name.", StringComparison.Ordinal)
            ? $"{Environment}.command.storage.{verb}"
            : $"{Environment}.command.storage.object.{verb}";

        /// <summary>Their last token is what it is about: the content, or the event where it is about none.</summary>
        public override string SubjectOf(JournalEntry entry) =>
            $"{Environment}.{(IsRead(entry) ? "reads" : "domain")}.storage.{AggregateOf(entry)}.{ShortNameOf(entry)}."
            + (Objects.ObjectHistory.KeyOf(entry.Event)?.Cid.ToString() ?? entry.EventId.ToString());
    }

    /// <param name="Module">Its first token, such as <c>persistence</c>.</param>
    public sealed record Alchemist(string Module) : SubjectProfile
    {
        public override (string Name, string Subject) EventStream => ("CIM-EVENTS", $"{Module}.events.>");

        public override (string Name, string Subject) ReadStream => ("CIM-READS", $"{Module}.reads.>");

        public override (string Name, string Subject) DeadLetterStream =>
            ("CIM-DEAD-LETTERS", $"{Module}.deadletters.storage.>");

        public override string CommandSubject(string verb) => verb.StartsWith("name.", StringComparison.Ordinal)
            ? $"{Module}.commands.{verb}"
            : $"{Module}.commands.object.{verb}";

        public override string SubjectOf(JournalEntry entry) =>
            $"{Module}.{(IsRead(entry) ? "reads" : "events")}.{AggregateOf(entry)}.{ShortNameOf(entry)}";
    }
}
