using System.Collections.Immutable;
using CimStore.Policies;

namespace CimStore.Translation;

/// <summary>Collects what is wrong with one file: a person puts right all of it at once.</summary>
internal sealed class RuleFindings
{
    /// <summary>A file that is none of ours shall not fill the screen.</summary>
    private const int CountMax = 100;

    private readonly List<RuleFinding> _all = [];

    public bool HasErrors => _all.Exists(finding => finding.Severity == PolicySeverity.Error);

    public void Error(RuleNode node, string text) => Error(node.Line, node.Column, text);

    public void Error(int line, int column, string text) => Add(PolicySeverity.Error, line, column, text);

    public void Warn(int line, int column, string text) => Add(PolicySeverity.Warning, line, column, text);

    public ImmutableArray<RuleFinding> ToArray() =>
        [.. _all.OrderBy(finding => finding.Line).ThenBy(finding => finding.Column)];

    private void Add(PolicySeverity severity, int line, int column, string text)
    {
        if (_all.Count < CountMax)
        {
            _all.Add(new RuleFinding(severity, line, column, text));
        }
    }
}
