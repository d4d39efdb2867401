using System.Collections.Immutable;
using CimStore.Translation;

namespace CimStore.Nats.Foreign;

/// <summary>
/// Which subjects are subscribed, and what of it is never taken. All patterns are in one queue group: the server
/// delivers an event that several of them take to one subscription of the group, on one node.
/// </summary>
internal sealed class ForeignSubjects
{
    private readonly ImmutableArray<SubjectPattern> _own;
    private readonly SubjectPattern? _durable;

    public ForeignSubjects(IEnumerable<SubjectPattern> rules, ForeignIntakeOptions options)
    {
        _durable = options.StreamSubject;
        var profile = options.Profile;
        _own =
        [
            .. new[]
            {
                profile.EventStream.Subject, profile.ReadStream.Subject, profile.DeadLetterStream.Subject,
                profile.CommandSubject(">"), profile.CommandSubject("name.>"), "_INBOX.>",
            }.Select(Parse),
        ];
        var distinct = rules.DistinctBy(static rule => rule.Text)
            .Where(rule => _durable is null || !_durable.Covers(rule))
            .Where(rule => !_own.Any(own => own.Covers(rule))).ToList();
        Patterns = [.. distinct.Where(rule => !distinct.Exists(other => other != rule && other.Covers(rule)))];
    }

    /// <summary>What is subscribed.</summary>
    public ImmutableArray<SubjectPattern> Patterns { get; }

    /// <summary>Whether what came without a stream is to be worked on. Our own messages are not: a rule on all subjects
    /// would translate its own dead letters for ever. Those of the durable intake come from there.</summary>
    public bool Takes(string subject) => !IsOwn(subject) && _durable?.Matches(subject) != true;

    public bool IsOwn(string subject) => subject.StartsWith('$') || _own.Any(own => own.Matches(subject));

    private static SubjectPattern Parse(string text) => SubjectPattern.TryParse(text, out var pattern, out var reason)
        ? pattern
        : throw new ArgumentException($"{text} is no pattern of subjects: {reason}.");
}
