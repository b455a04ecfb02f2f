using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace VideoVoice.Data.Mutations;

/// <summary>
/// Rewrites a source so that it holds all of its mutants, each behind a switch: a comparison with the other bound, a condition without its second part, a guard that
/// never throws, a check that is left out. So they take one build.
/// </summary>
internal sealed partial class CSharpMutants(string file, List<Mutant> mutants) : CSharpSyntaxRewriter
{
    /// <summary>What the rewritten sources ask.</summary>
    internal const string Support =
        """
        namespace VideoVoice.Data.Mutations;

        internal static class Active
        {
            private static readonly System.Threading.Lock s_gate = new();
            private static readonly System.Collections.Generic.HashSet<string> s_seen = new();
            private static string? s_number;
            private static string? s_statement;
            private static string? s_text;
            private static string? s_folder;

            static Active() => Read();

            internal static void Read()
            {
                lock (s_gate)
                {
                    s_seen.Clear();
                    s_folder = System.Environment.GetEnvironmentVariable("VIDEOVOICE_MUTANT_SEEN");
                }

                s_number = System.Environment.GetEnvironmentVariable("VIDEOVOICE_MUTANT");
                s_statement = System.Environment.GetEnvironmentVariable("VIDEOVOICE_MUTANT_STATEMENT");
                s_text = System.Environment.GetEnvironmentVariable("VIDEOVOICE_MUTANT_TEXT");
            }

            internal static bool Is(string number)
            {
                See(number);
                return s_number == number;
            }

            internal static string Statement(string name, string text)
            {
                See(name);
                return name == s_statement ? s_text! : text;
            }

            // Written at once, because a test may kill the process.
            private static void See(string place)
            {
                if (s_folder is null)
                    return;

                lock (s_gate)
                {
                    if (s_folder is not null && s_seen.Add(place))
                        System.IO.File.AppendAllText($"{s_folder}/{System.Environment.ProcessId}", place + "\n");
                }
            }
        }
        """;

    private const string Prefix = "global::VideoVoice.Data.Mutations.Active.";

    private readonly Dictionary<string, int> _counts = [];

    internal static string Rewrite(string file, string text, List<Mutant> mutants) =>
        new CSharpMutants(file, mutants).Visit(CSharpSyntaxTree.ParseText(text, new CSharpParseOptions(LanguageVersion.Preview)).GetRoot()).ToFullString();

    // Constants have no switch.
    public override SyntaxNode? VisitAttributeList(AttributeListSyntax node) => node;

    public override SyntaxNode? VisitParameter(ParameterSyntax node) => node;

    public override SyntaxNode? VisitFieldDeclaration(FieldDeclarationSyntax node) => node.Modifiers.Any(SyntaxKind.ConstKeyword) ? node : base.VisitFieldDeclaration(node);

    public override SyntaxNode? VisitElementAccessExpression(ElementAccessExpressionSyntax node) =>
        file.EndsWith("/Statements.cs", StringComparison.Ordinal) && node.ToString() == "s_texts[name]"
            ? SyntaxFactory.ParseExpression($"{Prefix}Statement(name, s_texts[name])")
            : base.VisitElementAccessExpression(node);

    public override SyntaxNode? VisitExpressionStatement(ExpressionStatementSyntax node)
    {
        var visited = (ExpressionStatementSyntax)base.VisitExpressionStatement(node)!;
        if (node.Expression is not InvocationExpressionSyntax invocation || !Guard().IsMatch(invocation.Expression.ToString()))
            return visited;

        var number = Add($"no {node}");
        return SyntaxFactory.ParseStatement($"if (!{Prefix}Is(\"{number}\")) {visited.WithoutTrivia()}").WithTriviaFrom(visited);
    }

    public override SyntaxNode? VisitBinaryExpression(BinaryExpressionSyntax node)
    {
        var visited = (BinaryExpressionSyntax)base.VisitBinaryExpression(node)!;
        if (Declares(node))
            return visited;

        var (left, right) = (visited.Left.WithoutTrivia(), visited.Right.WithoutTrivia());
        var other = node.Kind() switch
        {
            SyntaxKind.LessThanExpression => "<=",
            SyntaxKind.LessThanOrEqualExpression => "<",
            SyntaxKind.GreaterThanExpression => ">=",
            SyntaxKind.GreaterThanOrEqualExpression => ">",
            _ => null,
        };
        if (other is not null)
            return Parse($"({Prefix}Is(\"{Add($"{other} in {node}")}\") ? {left} {other} {right} : {left} {node.OperatorToken.Text} {right})", visited);
        if (node.IsKind(SyntaxKind.LogicalAndExpression) || node.IsKind(SyntaxKind.LogicalOrExpression))
            return Parse($"({Prefix}Is(\"{Add($"only the first of {node}")}\") ? {left} : ({left} {node.OperatorToken.Text} {right}))", visited);
        return visited;
    }

    public override SyntaxNode? VisitIfStatement(IfStatementSyntax node)
    {
        var visited = (IfStatementSyntax)base.VisitIfStatement(node)!;
        // A variable of a pattern is set only where the whole condition decides.
        if (Declares(node.Condition) || !node.Statement.DescendantNodesAndSelf().Any(n => n is ThrowStatementSyntax))
            return visited;

        var number = Add($"never {node.Condition}");
        return visited.WithCondition(SyntaxFactory.ParseExpression($"!{Prefix}Is(\"{number}\") && ({visited.Condition.WithoutTrivia()})"));
    }

    public override SyntaxNode? VisitCatchFilterClause(CatchFilterClauseSyntax node)
    {
        if (Declares(node.FilterExpression))
            return node;

        var number = Add($"never caught when {node.FilterExpression}");
        return node.WithFilterExpression(SyntaxFactory.ParseExpression($"!{Prefix}Is(\"{number}\") && ({node.FilterExpression})"));
    }

    private static bool Declares(SyntaxNode node) => node.DescendantNodesAndSelf().Any(n => n is VariableDesignationSyntax or QueryExpressionSyntax);

    private static ExpressionSyntax Parse(string text, SyntaxNode place) => SyntaxFactory.ParseExpression(text).WithTriviaFrom(place);

    private string Add(string change)
    {
        var place = Blank().Replace(change, " ");
        place = place.Length > 160 ? place[..160] + "…" : place;
        _counts[place] = _counts.GetValueOrDefault(place) + 1;
        var number = (mutants.Count + 1).ToString(CultureInfo.InvariantCulture);
        mutants.Add(new Mutant(file, _counts[place] == 1 ? place : $"{place} ({_counts[place]})", number));
        return number;
    }

    [GeneratedRegex(@"\.ThrowIf|^Check\.|^Require$|^Refuse")]
    private static partial Regex Guard();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blank();
}
